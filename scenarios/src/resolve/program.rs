//! The user's own program.

use mockdc_mocks::{Authority, Credentials, HostName, Span, WorldSpec};

use super::context::Context;
use crate::read::{Node, RawProgram, check_placeholders, read};
use crate::{Code, Problem, Program};

/// `[program]`
pub(super) fn program(context: &mut Context<'_>, node: &Node<'_>, world: &WorldSpec) -> Option<Program> {
    let line = context.line(node);
    check_placeholders(node, &[], &mut context.problems);
    let raw = read::<RawProgram>(node, &mut context.problems)?;
    let host = match &raw.host {
        Some(word) => context.host(&word.value, word.span.clone())?,
        None => usual_host(context, world)?,
    };
    let user = match &raw.user {
        Some(user) => context.credentials(user),
        None => Credentials {
            authority: Authority::Domain,
            user: "Administrator".into(),
            password: world.domain.administrator_password.clone(),
        },
    };
    if let Some(timeout) = raw.timeout.as_ref().filter(|timeout| timeout.value <= Span::ZERO) {
        context.report(
            Problem::new(Code::OutOfRange, "a program that may not run at all")
                .at(timeout.span.clone(), "no time")
                .help("write for example `timeout = \"2m\"`"),
        );
    }
    let timeout = raw.timeout.map(|timeout| timeout.value);
    Some(Program { line, host, user, run: raw.run, timeout, files: raw.files })
}

/// The first machine that is no controller, or else the PDC.
fn usual_host(context: &Context<'_>, world: &WorldSpec) -> Option<HostName> {
    world.machines.first().map(|machine| machine.name.clone()).or_else(|| context.pdc())
}
