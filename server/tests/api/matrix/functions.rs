//! The server functions of the pages, as the program registers them.

use app::error::AppError;
use reqwest::{Method, header};
use serde_json::json;

use super::{MARK, Thing, World};
use crate::common::{ADMIN, Client, TestServer};

/// What a server function is about.
enum About {
    /// Anybody may call it.
    Public,
    /// It knows only what belongs to whoever calls it.
    Own,
    /// Its `id` is of this kind.
    Foreign(Thing),
    /// Its `agent_id` is one.
    ForeignAgent,
    /// For admins only.
    Admin,
}

fn about(name: &str) -> About {
    use About::{Admin, Foreign, ForeignAgent, Own, Public};
    match name {
        "login" | "login_page" | "logout" | "setup" | "setup_page" | "accept_invite" | "reset_password"
        | "set_theme" | "load_notice" => Public,
        "load_shell"
        | "load_home"
        | "load_places"
        | "load_api_keys"
        | "put_api_key"
        | "delete_api_key"
        | "test_api_key"
        | "load_sessions"
        | "end_other_sessions"
        | "change_password"
        | "load_notifications"
        | "set_notifications"
        | "create_agent"
        | "demo_project"
        | "render_markdown"
        | "load_tokens"
        | "create_token"
        | "step_up"
        | "load_model_sources"
        | "load_second_factor"
        | "begin_second_factor"
        | "confirm_second_factor"
        | "new_recovery_codes"
        | "remove_second_factor"
        | "load_providers"
        | "put_provider"
        | "delete_provider"
        | "test_provider" => Own,
        "load_agent" | "load_agent_detail" | "update_agent" | "save_rules" | "delete_agent" => {
            Foreign(Thing::Agent)
        }
        "create_project" => ForeignAgent,
        "load_project"
        | "load_project_detail"
        | "load_project_tab"
        | "load_project_text"
        | "save_project_text"
        | "load_logs"
        | "load_usage"
        | "load_undos"
        | "save_plan"
        | "undo"
        | "redo"
        | "delete_project"
        | "start"
        | "pause"
        | "stop"
        | "restart"
        | "answer" => Foreign(Thing::Project),
        "end_session" => Foreign(Thing::Session),
        "revoke_token" => Foreign(Thing::Token),
        "load_users"
        | "create_user"
        | "delete_user"
        | "set_role"
        | "load_links"
        | "create_invite"
        | "create_reset"
        | "delete_link"
        | "load_audit"
        | "load_isolation"
        | "accept_isolation"
        | "load_outbound"
        | "set_outbound"
        | "admin_page"
        | "end_sessions_of"
        | "remove_second_factor_of" => Admin,
        other => panic!("say in the matrix what the server function {other} is about"),
    }
}

/// Server functions that take their arguments as JSON.
const JSON: [&str; 4] = ["render_markdown", "save_plan", "load_project_tab", "load_logs"];

/// Every argument that a server function may ask for; those that it does not know are ignored.
fn form(id: &str) -> String {
    let fields = [
        "name=mine&description=x&architecture=x&confirmation=x&text=x&version=x&kind=description&to_step=&undo_id=1",
        "username=somebody&password=correct+horse+battery&current=not+it&token=none&role=user&theme=dark",
        "provider=openai&key=short&read=true&days=30&code=000000",
        "form[name]=x&form[model]=demo/builder&form[identity]=&form[global_rules]=&form[coding_cli]=claude",
        "form[approval_policy]=auto&base_url=x&global_rules=x&wire_format=openai&level=0",
    ];
    format!("id={id}&agent_id={id}&{}", fields.join("&"))
}

async fn call(client: &Client, path: &str, name: &str, id: &str) -> (u16, String) {
    let mut request = client.request(Method::POST, path);
    request = if JSON.contains(&name) {
        // A session's id is a text, a row's a number.
        let id = id.parse::<i64>().map_or_else(|_| json!(id), |id| json!(id));
        request.json(&json!({"id": id, "text": "x", "steps": [], "tab": "plan", "query": {}}))
    } else {
        request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form(id))
    };
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn matrix_of_server_functions() {
    let world = World::begin().await;
    let nobody = world.server.anonymous();
    let mut functions: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
    functions.sort_unstable_by_key(|(path, _)| *path);
    assert!(functions.len() > 40, "the program registers only {} server functions", functions.len());
    let before = world.belongings().await;
    for (path, method) in functions {
        assert_eq!(method, Method::POST, "{path}");
        let name = path.strip_prefix("/fn/").unwrap();
        let about = about(name);
        let found = match &about {
            About::Public => "public".to_owned(),
            _ => {
                let (status, _) = call(&nobody, path, name, "1").await;
                // Those that load a page's content send the browser to sign in.
                assert!(matches!(status, 401 | 302), "{path} by nobody: {status}");
                format!("nobody {status}")
            }
        };
        let rest = match about {
            About::Public => String::new(),
            About::Own => {
                let (status, text) = call(&world.eve, path, name, "1").await;
                assert!(status < 500 && !text.contains(MARK), "{path}: {status} {text}");
                format!("; another user {status}, nothing of the owner's")
            }
            About::Admin => {
                let (status, text) = call(&world.eve, path, name, "1").await;
                assert_eq!((status, text.contains("forbidden")), (403, true), "{path}: {text}");
                "; ordinary user 403".to_owned()
            }
            About::ForeignAgent | About::Foreign(_) => {
                let thing = if let About::Foreign(thing) = about { thing } else { Thing::Agent };
                let foreign = call(&world.eve, path, name, &world.id(thing)).await;
                assert_eq!(foreign.0, 404, "{path} of another user: {}", foreign.1);
                let never = call(&world.eve, path, name, world.never(thing)).await;
                assert_eq!(foreign, never, "{path} of another user and of nobody");
                "; another user 404, as what never was".to_owned()
            }
        };
        println!("{path}: {found}{rest}");
    }
    assert_eq!(world.belongings().await, before, "something of the owner's is another now");
}

/// Nothing that somebody sends is a fault of the server's.
#[tokio::test]
async fn arguments_that_cannot_be_read_are_refused() {
    let server = TestServer::start().await;
    let refused = AppError::invalid("", "The fields of this request cannot be read.");
    let no_text: &[u8] = b"\xff\xfe";
    let nonsense: [&[u8]; 4] = [b"", b"{\"id\":", b"id[a]=1&id=2&secret=hunter2", b"id=[&=%zz"];
    for (path, _) in leptos::server_fn::axum::server_fn_paths() {
        // Some functions need no arguments and end the sign-in.
        let admin = server.sign_in(ADMIN).await;
        for kind in ["application/x-www-form-urlencoded", "application/json"] {
            let send = async |body: &'static [u8]| {
                let request = admin.request(Method::POST, path).header(header::CONTENT_TYPE, kind);
                let answer = request.body(body).send().await.unwrap();
                (answer.status().as_u16(), answer.text().await.unwrap())
            };
            for body in nonsense {
                let (status, text) = send(body).await;
                let body = String::from_utf8_lossy(body);
                assert!(status < 500 && !text.contains("hunter2"), "{path}, {kind}, {body}: {status} {text}");
            }
            let (status, text) = send(no_text).await;
            let answer = serde_json::from_str::<AppError>(&text).ok();
            assert_eq!((status, answer), (422, Some(refused.clone())), "{path}, {kind}: {text}");
        }
    }
}
