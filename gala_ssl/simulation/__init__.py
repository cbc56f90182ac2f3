"""Simulated self-assembly: potentials, systems, engines and cooling runs.

    from gala_ssl.simulation import cooling, systems
    cooling.cool(systems.get("cF4-Cu"), engine="lammps", directory="runs/simulation/cF4-Cu")
"""
