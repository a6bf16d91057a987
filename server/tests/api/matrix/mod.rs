//! Who may do what, on everything that the server offers: each call, page, server function and socket × its owner, another
//! user, an ordinary user where an admin is needed, and nobody.
//!
//! What there is comes from the router itself, so that nothing new is forgotten: what the matrix does not know fails it.

mod calls;
mod functions;
mod pages;
mod sample;
mod sockets;
mod sources;

use serde_json::{Value, json};

use crate::common::{Client, TestServer};

/// Stands in every text of the owner, and in no answer to anybody else.
const MARK: &str = "belongs-to-tom";

/// What an id in a path or an argument stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thing {
    Agent,
    Project,
    Session,
    Token,
}

/// Somebody who has one of everything, and somebody who has nothing.
struct World {
    server: TestServer,
    tom: Client,
    eve: Client,
    agent: i64,
    project: i64,
    session: String,
    token: i64,
}

impl World {
    async fn begin() -> Self {
        let server = TestServer::start().await;
        let (tom, eve) = (server.new_user("tom").await, server.new_user("eve").await);
        let draft = json!({"name": MARK, "model": "demo/builder", "identity": MARK});
        let agent = tom.post("/api/v1/agents", draft).await.1["id"].as_i64().unwrap();
        let draft = json!({
            "name": MARK, "description": MARK, "architecture": MARK,
            "implementation_plan": {"steps": [{"title": MARK}]},
        });
        let project = tom.post(&format!("/api/v1/agents/{agent}/projects"), draft).await.1;
        let project = project["id"].as_i64().unwrap();
        assert_eq!(tom.put("/api/v1/api-keys/anthropic", json!({"key": "sk-ant-12345678"})).await.0, 200);
        let session = tom.get("/api/v1/sessions").await.1[0]["id"].as_str().unwrap().to_owned();
        let draft = json!({"name": MARK, "scopes": ["read"]});
        let token = tom.post("/api/v1/tokens", draft).await.1["id"].as_i64().unwrap();
        Self { server, tom, eve, agent, project, session, token }
    }

    /// The owner's thing of this kind.
    fn id(&self, thing: Thing) -> String {
        match thing {
            Thing::Agent => self.agent.to_string(),
            Thing::Project => self.project.to_string(),
            Thing::Session => self.session.clone(),
            Thing::Token => self.token.to_string(),
        }
    }

    /// An id that nothing ever had.
    fn never(&self, thing: Thing) -> &'static str {
        match thing {
            Thing::Session => "nobody-has-this-session",
            Thing::Agent | Thing::Project | Thing::Token => "987654321",
        }
    }

    /// Everything of the owner, as the owner sees it; what is only looked at changes nothing of it.
    async fn belongings(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for path in [
            "/agents".to_owned(),
            format!("/agents/{}/projects", self.agent),
            format!("/projects/{}/undos", self.project),
            "/api-keys".to_owned(),
            "/notifications".to_owned(),
        ] {
            let (status, body) = self.tom.get(&format!("/api/v1{path}")).await;
            assert_eq!(status, 200, "{path}");
            all.push(body);
        }
        let (_, tokens) = self.tom.get("/api/v1/tokens").await;
        all.push(tokens[0]["id"].clone());
        all
    }
}
