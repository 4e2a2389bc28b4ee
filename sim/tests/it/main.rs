mod planted;
mod seeds;
