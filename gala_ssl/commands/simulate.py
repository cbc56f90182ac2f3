"""Simulate a system that goes from gas to liquid to solid as it cools.

The systems are those of gala_ssl/simulation/systems.csv; --list shows them. A killed run goes on where it stopped
when it is started again; a finished one does nothing.
"""
from gala_ssl.base.errors import pluralize
from gala_ssl.base.progress import duration


def configure(parser):
    parser.add_argument("name", nargs="?", help="name of the system; --list shows them")
    parser.add_argument("--list", action="store_true", help="show the systems and end")
    parser.add_argument("--engine", default="lammps", help="lammps or hoomd")
    parser.add_argument("--directory", help="default: runs/simulation/NAME")
    parser.add_argument("--frames", type=int, default=100, help="number of periods between frames")
    parser.add_argument("--preset", choices=["full", "smoke"], default="full",
                        help="smoke: 500 particles, seconds")
    parser.add_argument("--steps", type=int, help="another number of steps: slower or faster cooling")
    parser.add_argument("--particles", type=int, help="another number of particles")
    parser.add_argument("--seed", type=int, help="another seed")
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no report")


def interrupted(arguments):
    return (f"frames that were finished are kept in {folder(arguments)}, and the same command goes on after the last "
            f"one, as if nothing had happened")


def folder(arguments):
    """The run directory."""
    return arguments.directory or f"runs/simulation/{arguments.name}"


def run(arguments):
    from gala_ssl.base.files import read_json
    from gala_ssl.simulation import cooling, systems

    if arguments.list or arguments.name is None:
        for name in systems.names():
            print(name, systems.get(name).potential)
        return
    system = systems.get(arguments.name)
    if arguments.preset == "smoke":
        system = system.smoke()
    asked = {field: getattr(arguments, field) for field in ("particles", "steps", "seed")}
    system = system.replace(**{field: value for field, value in asked.items() if value is not None})
    trajectory = cooling.cool(system, arguments.engine, folder(arguments), arguments.frames, not arguments.quiet)
    if not arguments.quiet:
        seconds = read_json(trajectory.with_name(cooling.CARD))["seconds"]
        rate = system.particles * system.steps / max(seconds, 0.1)
        print(f"Simulated {pluralize(system.particles, 'particle')} for {pluralize(system.steps, 'step')} in "
              f"{duration(seconds)} ({rate:.2g} particle steps a second); {pluralize(arguments.frames + 1, 'frame')} "
              f"are in {trajectory}.")
