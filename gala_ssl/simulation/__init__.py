"""Simulated self-assembly: potentials, systems, engines, cooling runs, and the snapshots chosen from them.

    from gala_ssl.simulation import cooling, systems
    cooling.cool(systems.get("cF4-Cu"), engine="lammps", directory="runs/simulation/cF4-Cu")
"""
