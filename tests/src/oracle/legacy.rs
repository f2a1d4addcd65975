//! KB828371 over time: what a policy that has been applied leaves of an account's rights, what the token of a running
//! service holds, and what a launch meets (FACTS.md, "Required rights", A22, A29, A30).

/// The rights of [`FIVE`](super::FIVE), by place, that an account holds.
type Held = [bool; 5];

const TCB: usize = 0;
const QUOTA: usize = 1;
const SERVICE: usize = 2;
const TOKEN: usize = 3;
const SHUTDOWN: usize = 4;

/// A legacy client on a member, whose account was granted all five rights when it was installed.
#[derive(Clone, Debug)]
pub struct Legacy {
    /// What the policy says: `None`: undefined; else whether the account is listed.
    policy: [Option<bool>; 5],
    /// The same, as the machine last applied it.
    applied: [Option<bool>; 5],
    /// Whether the account belongs to the local Administrators.
    administrator: bool,
    /// Whether the service runs.
    running: bool,
    /// Whether the two agents of the article show *Install Pending*.
    pending: bool,
    /// From one maintenance cycle to the next, in milliseconds.
    period: i64,
    /// When the next cycle is due.
    next: i64,
}

impl Legacy {
    /// A client that was installed at the start, with this long from one maintenance cycle to the next.
    pub fn new(period: i64) -> Legacy {
        let (policy, applied) = ([None; 5], [None; 5]);
        Legacy { policy, applied, administrator: true, running: true, pending: false, period, next: period }
    }

    /// Lets the cycles come round that are due by an instant. One that is due while the service is away is missed.
    pub fn reach(&mut self, now: i64) {
        while self.running && self.next <= now {
            let held = self.held();
            self.launch(held, self.administrator);
            self.next += self.period;
        }
    }

    /// The policy defines a right, for the account too or not.
    pub fn define(&mut self, right: usize, listed: bool) {
        self.policy[right] = Some(listed);
    }

    /// The policy leaves a right undefined.
    pub fn undefine(&mut self, right: usize) {
        self.policy[right] = None;
    }

    /// The machine applies its policy.
    pub fn apply(&mut self) {
        self.applied = self.policy;
    }

    /// The account is put into the local Administrators or taken out.
    pub fn set_administrator(&mut self, is: bool) {
        self.administrator = is;
    }

    /// Whether the account belongs to the local Administrators.
    pub fn is_administrator(&self) -> bool {
        self.administrator
    }

    /// Whether the service runs.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Whether the two agents show *Install Pending*.
    pub fn is_pending(&self) -> bool {
        self.pending
    }

    /// Whether a right is effective now: what policy says where it says something, else what was granted.
    pub fn holds(&self, right: usize) -> bool {
        self.applied[right].unwrap_or(true)
    }

    /// The service is stopped.
    pub fn stop(&mut self) {
        self.running = false;
    }

    /// The service starts at an instant, and its token has what counts then. A client whose account is no administrator
    /// cannot put it back among them.
    pub fn start(&mut self, now: i64) {
        self.running = self.holds(SERVICE);
        if self.running {
            let held = self.held();
            self.launch(held, self.administrator);
            if self.next <= now {
                self.next = now + self.period;
            }
        }
    }

    fn held(&self) -> Held {
        std::array::from_fn(|right| self.holds(right))
    }

    fn launch(&mut self, held: Held, administrator: bool) {
        let launches = administrator && held[TCB] && held[QUOTA] && held[TOKEN];
        self.pending = !(launches && held[SHUTDOWN]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::FIVE;

    #[test]
    fn the_places_are_those_of_the_list() {
        let names = [TCB, QUOTA, SERVICE, TOKEN, SHUTDOWN].map(|place| FIVE[place]);
        assert_eq!(names, FIVE);
        assert_eq!(FIVE[SERVICE], "SeServiceLogonRight");
    }
}
