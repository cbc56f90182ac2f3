"""Hot crystals and melts before and after denoising: template matching (cutoff 0.1) and the network's names.

    python experiments/denoise_hot.py        results/thermal/denoised_hot.csv, one snapshot each at 0.65 Tm and above

Systems that are in the table already are not measured again, so a run that was interrupted goes on; remove the file to
measure all.
"""
import numpy as np
import pandas as pd

from gala_ssl.base.files import write_csv
from gala_ssl.commands.main import script
from gala_ssl.order.denoise import Denoiser
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.identify import Identifier
from gala_ssl.simulation.classical_names import template_matching
from hot_crystals import load_hot_crystals
from thermal_results import RESULTS


def share(names, truth):
    """Fraction named rightly; of a melt, the fraction that gets the name of a crystal."""
    return np.mean(~np.isin(names, ("other", "liquid", "gas", "unknown")) if truth == "liquid" else names == truth)


@script
def main(argv=None):
    denoise = Denoiser(Embedding.from_pretrained("shift_identification", weights="thermal", progress=False))
    identify = Identifier(Embedding.from_pretrained("frame_classification", weights="thermal", progress=False))
    path = RESULTS / "denoised_hot.csv"
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    seen = {row["system"] for row in rows}
    for hot in load_hot_crystals():
        system = f"{hot.element} {hot.structure} {hot.ratio}"
        if hot.ratio < 0.65 or system in seen:
            continue
        seen.add(system)
        found, truth = denoise(hot.frame), hot.structure
        rows.append({"system": system, "use": hot.use, "settled": found.settled.mean(),
                     "moved": found.moved.mean(), "ptm_before": share(template_matching(hot.frame, 0.1), truth),
                     "ptm_after": share(template_matching(found.frame, 0.1), truth),
                     "named_before": share(identify(hot.frame).structure, truth),
                     "named_after": share(identify(found.frame).structure, truth)})
        write_csv(path, pd.DataFrame(rows), float_format="%.4f")
        print(rows[-1], flush=True)


if __name__ == "__main__":
    main()
