//! What may have caused an article's failure, the simplest first.

mod delays;
mod requests;
mod rights;
mod services;

use super::NoScenario;
use super::customer::Customer;
use super::setting::{Cause, Inferred, Lateness, Setting};

impl Customer<'_> {
    /// Settings that may reproduce an article's failure, the smallest first: those that need least beside the cause, of
    /// these the simplest causes, and of each the versions in their order.
    pub(super) fn settings(&self, article: &str) -> Result<Vec<Setting>, NoScenario> {
        let causes = self.causes(article)?;
        let profiles = match article {
            "KB828371" | "Q320235" | "Q295771" => self.products(article),
            _ => self.profiles(article),
        };
        let mut settings = Vec::new();
        for variant in self.variants(&causes) {
            for cause in &causes {
                for profile in &profiles {
                    settings.push(self.setting(article, cause.clone(), profile.clone(), &variant));
                }
            }
        }
        Ok(settings)
    }

    fn causes(&self, article: &str) -> Result<Vec<Cause>, NoScenario> {
        let causes = match article {
            "Q304961" | "Q271724" | "Q297857" | "Q221218" | "Q282289" => {
                let early = self.policy_refuses().then(|| {
                    let early = Lateness::Pulse { first: 120, every: 300 };
                    Inferred::assumed(early, "a policy refuses, and no delay: NT 4.0 as it comes")
                });
                early.into_iter().chain(self.delays()).map(Cause::Delay).collect()
            }
            "Q266729" => self.rights_later().into_iter().map(Cause::Delay).collect(),
            "KB828371" | "Q320235" | "Q295771" => self.rights_lost(),
            "Q223138" => self.never_granted(),
            "Q231399" => vec![Cause::Locked { at_cycle: self.at_cycle() }],
            "Q264630" | "Q242926" | "Q257269" | "Q265882" => vec![self.unreachable(article)],
            "Q260827" => vec![Cause::Session { until: self.back() }],
            "Q207429" => self.stopped().into_iter().collect(),
            "Q236048" => self.no_primary().into_iter().collect(),
            _ => Vec::new(),
        };
        match causes.is_empty() {
            true => Err(NoScenario::NotInferable(article.to_owned())),
            false => Ok(causes),
        }
    }
}
