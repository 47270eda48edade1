"""What goes on inside a trained model: where attention flows, what a part does, what a vector holds."""
