"""The commands that there are: the files of a folder."""
import pathlib

import gala_ssl.commands
from gala_ssl.commands.main import commands, main

COUNT = '''"""Count the letters of a word.

    gala-ssl count WORD
"""


def configure(parser):
    parser.add_argument("word")


def run(arguments):
    print(len(arguments.word))
'''


def test_the_commands_are_those_with_a_file():
    files = {path.stem for path in pathlib.Path(gala_ssl.commands.__file__).parent.glob("*.py")}
    assert list(commands()) == sorted(files - {"__init__", "main", "options"})


def test_a_command_is_one_file(tmp_path, monkeypatch, capsys):
    (tmp_path / "count.py").write_text(COUNT)
    monkeypatch.setattr(gala_ssl.commands, "__path__", [*gala_ssl.commands.__path__, str(tmp_path)])
    main(["count", "quasicrystal"])
    assert capsys.readouterr().out == "12\n"
