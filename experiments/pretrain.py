"""Train tasks on the fifty prototypes, each in a run directory that resumes; see --help."""
from gala_ssl.commands import pretrain
from gala_ssl.commands.main import standalone

main = standalone(pretrain, __doc__)

if __name__ == "__main__":
    main()
