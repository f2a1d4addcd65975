//! Whom a client believes that a controller is the one it says.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// The authority of certificates that connections over TLS trust. Clones are the same.
#[derive(Clone, Debug)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Trusts what is signed by the certificate in this PEM text, and nothing else.
    ///
    /// # Errors
    ///
    /// When the text holds no certificate that can be an authority: the text says why.
    pub fn in_authority(pem: &str) -> Result<Trust, String> {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes());
        let certificate = certificate.map_err(|error| format!("no certificate in PEM: {error}"))?;
        let mut roots = RootCertStore::empty();
        roots.add(certificate).map_err(|error| format!("no authority's certificate: {error}"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Trust(Arc::new(config)))
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_certificate_is_refused_with_the_reason() {
        let refused = Trust::in_authority("hello").err().unwrap_or_default();
        assert!(refused.starts_with("no certificate in PEM"), "{refused}");
    }
}
