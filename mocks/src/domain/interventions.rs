//! Faults that somebody adds to a running domain, and lifts again.

use super::Domain;
use crate::{FaultSpec, Name, SimTime, SpecError};

impl Domain {
    /// Adds a fault. Its window begins now at the earliest; without an end it lasts until it is lifted.
    ///
    /// # Errors
    ///
    /// When another fault has the name, the window is over, or a host does not exist.
    pub fn add_fault(&mut self, now: SimTime, spec: FaultSpec) -> Result<(), SpecError> {
        self.advance(now);
        if self.wires.faults.is_known(&spec.name) {
            return Err(SpecError(format!("there is a fault named `{}`", spec.name)));
        }
        for host in spec.kind.hosts() {
            if !self.hosts.contains_key(host) {
                return Err(SpecError(format!("the fault names the host `{host}`, which does not exist")));
            }
            if spec.kind.is_at_ports() && self.controllers.index(host).is_none() {
                return Err(SpecError(format!("`{host}` has no ports: it is no domain controller")));
            }
        }
        let from = spec.from.max(self.now.since(SimTime::START));
        if spec.until.is_some_and(|until| until <= from) {
            return Err(SpecError("the fault is over before it begins".to_owned()));
        }
        self.wires.faults.add(FaultSpec { from, ..spec });
        self.advance(now);
        Ok(())
    }

    /// Ends a fault now, one of the scenario's among them; says whether it was open, or was still to open.
    pub fn lift_fault(&mut self, now: SimTime, name: &Name) -> bool {
        self.advance(now);
        let lifted = self.wires.faults.lift(self.now, name);
        self.advance(now);
        lifted
    }

    /// The faults whose windows are open.
    pub fn open_faults(&self) -> Vec<FaultSpec> {
        self.wires.faults.open_at(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Caller, FaultKind, Operation, Span, Verb, Win32Error};

    fn at(minutes: i64) -> SimTime {
        SimTime::START + Span::mins(minutes)
    }

    fn fault(name: &str, kind: FaultKind) -> FaultSpec {
        FaultSpec {
            name: name.into(),
            kind,
            from: Span::ZERO,
            until: None,
            count: Default::default(),
            touches_nothing: false,
        }
    }

    fn domain() -> Domain {
        Domain::builder().pdc("PDC1").bdc("BDC1").delay(Span::mins(1)).build(1).unwrap()
    }

    /// Adds a user at the PDC.
    fn add(domain: &mut Domain, now: SimTime, user: &str) {
        let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
        let verb = Verb::UserAdd {
            user: user.into(),
            password: "Pa55-word!".into(),
            comment: None,
            flags: Default::default(),
        };
        domain.apply(now, &admin, &Operation::new("PDC1", verb)).answer.unwrap();
    }

    fn seen(domain: &mut Domain, now: SimTime, user: &str) -> Result<(), Win32Error> {
        let admin = Caller::domain("BDC1", "Administrator", "Adm1n-password!");
        let look = Operation::new("BDC1", Verb::UserInfo { user: user.into() });
        domain.apply(now, &admin, &look).answer.map(|_| ())
    }

    #[test]
    fn a_hold_that_is_added_and_lifted_holds_in_between() {
        let mut domain = domain();
        add(&mut domain, at(1), "A");
        assert_eq!(seen(&mut domain, at(2), "A"), Ok(()));
        domain.add_fault(at(3), fault("hold", FaultKind::Hold { at: vec!["BDC1".into()] })).unwrap();
        assert_eq!(domain.open_faults().len(), 1);
        add(&mut domain, at(4), "B");
        assert_eq!(seen(&mut domain, at(60), "B"), Err(Win32Error::USER_NOT_FOUND));
        assert!(domain.lift_fault(at(61), &"hold".into()));
        assert!(!domain.lift_fault(at(61), &"hold".into()), "it is lifted");
        assert_eq!(seen(&mut domain, at(63), "B"), Ok(()));
        assert!(domain.open_faults().is_empty());
    }

    #[test]
    fn a_crash_lasts_until_it_is_lifted_and_the_machine_has_booted() {
        let mut domain = domain();
        let crash = FaultKind::Crash { at: "BDC1".into(), loses_unreplicated: false };
        domain.add_fault(at(5), fault("crash", crash)).unwrap();
        assert_eq!(seen(&mut domain, at(6), "A"), Err(Win32Error::SERVER_UNAVAILABLE));
        assert!(domain.lift_fault(at(7), &"crash".into()));
        assert_eq!(seen(&mut domain, at(20), "A"), Err(Win32Error::USER_NOT_FOUND));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let mut domain = domain();
        let pause = |host: &str| FaultKind::Pause { at: host.into() };
        assert!(domain.add_fault(at(1), fault("x", pause("NOBODY"))).unwrap_err().0.contains("`NOBODY`"));
        domain.add_fault(at(1), fault("x", pause("BDC1"))).unwrap();
        assert!(domain.add_fault(at(1), fault("X", pause("BDC1"))).unwrap_err().0.contains("named `X`"));
        let over = FaultSpec { until: Some(Span::secs(1)), ..fault("y", pause("BDC1")) };
        assert!(domain.add_fault(at(1), over).is_err());
        assert!(!domain.lift_fault(at(1), &"z".into()));
    }
}
