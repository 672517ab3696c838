//! The command `snowman`.

fn main() -> std::process::ExitCode {
    snowman::cli::main(std::env::args_os())
}
