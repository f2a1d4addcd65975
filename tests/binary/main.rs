//! The binary as its users meet it: exit codes, output, the README's commands.

mod articles;
mod browser;
mod clean;
mod command;
mod exit_codes;
mod output;
mod partitions;
mod readme;
mod tools;
mod wall;
