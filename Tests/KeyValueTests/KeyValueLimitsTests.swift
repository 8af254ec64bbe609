import KeyValue
