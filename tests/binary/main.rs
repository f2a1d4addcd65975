//! The binary as its users meet it: exit codes, output, the README's commands.

<<<<<<< HEAD
mod articles;
=======
mod clean;
>>>>>>> 60cda57 (SYSVOL follows a policy in two parts; what the agent writes of time is no change; a run whose containers break down leaves the rest of the table; clean --dry-run)
mod command;
mod exit_codes;
mod output;
mod partitions;
mod readme;
mod wall;
