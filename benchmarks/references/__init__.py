"""What the book's models are measured against."""
