"""Train tasks on the fifty prototypes, each in a run directory that resumes; see --help."""
from gala_ssl.cli import standalone
from gala_ssl.commands import pretrain

main = standalone(pretrain, __doc__)

if __name__ == "__main__":
    main()
