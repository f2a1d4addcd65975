//! Samba AD behind the port of `mockdc-mocks`.
