"""Simulate one of the systems of gala_ssl/simulation/systems.csv: gas, liquid, solid.

    python experiments/simulate.py cF4-Cu --directory runs/simulation/cF4-Cu
    python experiments/simulate.py --list

A killed run goes on where it stopped when it is started again; a finished one does nothing.
"""
from gala_ssl.commands import simulate
from gala_ssl.commands.main import standalone

main = standalone(simulate, __doc__)

if __name__ == "__main__":
    main()
