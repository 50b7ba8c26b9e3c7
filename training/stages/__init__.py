"""What is trained, one stage a module, and the weights file it begins and ends in."""
