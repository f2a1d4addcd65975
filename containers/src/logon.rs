//! Logons by SMB: the exact NTSTATUS of a session set-up.

use std::time::Duration;

use mockdc_mocks::Credentials;
use smb2::client::{Connection, Session};

use crate::{DirectoryError, Endpoint, NtStatus};

/// How long a controller may take to say yes or no.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sets up a session with NTLM and gives the status of its end: success, or why not.
///
/// The session ends with the connection. The name of the calling computer does not travel, so that limits of
/// workstations are not met by it (see [`crate::inexpressible`]).
pub async fn session(endpoint: &Endpoint, credentials: &Credentials) -> Result<NtStatus, DirectoryError> {
    let silent =
        |error: smb2::Error| DirectoryError::Silent { address: endpoint.smb, problem: error.to_string() };
    let address = endpoint.smb.to_string();
    let mut connection = Connection::connect(&address, PATIENCE).await.map_err(silent)?;
    connection.negotiate().await.map_err(silent)?;
    let user = credentials.user.as_str();
    match Session::setup(&mut connection, user, credentials.password.reveal(), &endpoint.domain).await {
        Ok(_) => Ok(NtStatus::SUCCESS),
        Err(error) => match error.status() {
            Some(status) => Ok(NtStatus(status.0)),
            None => Err(silent(error)),
        },
    }
}
