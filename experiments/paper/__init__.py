"""What only the paper needs: its pairs of snapshots, its claims, and how the snapshots were chosen."""

# The paper's tasks; more tasks change nothing in its claims.
TASKS = ("autoencoder", "denoising", "frame_classification", "shift_identification", "noisy_bond", "nearest_bond")
