"""`python -m gala_ssl`: the command line where the script `gala-ssl` is not on the path."""
from gala_ssl.commands.main import main

if __name__ == "__main__":
    main()
