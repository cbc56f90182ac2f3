"""What tasks are trained on: labelled point clouds, and the batches made of them."""
