"""Export, check and (with TensorRT) compile the trained models."""
