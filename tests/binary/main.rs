//! The binary as its users meet it: exit codes, output, the README's commands.

mod articles;
mod broken_off;
mod browser;
mod clean;
mod command;
mod containers;
mod diagnose;
mod exec;
mod exit_codes;
mod exports;
mod faults;
mod live;
mod output;
mod page;
mod partitions;
mod readme;
mod relay;
mod table;
mod tools;
mod tries;
mod wall;
mod wire_faults;
