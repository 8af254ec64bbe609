/// What is known of one peer while the node runs.
struct PeerLink {
}
