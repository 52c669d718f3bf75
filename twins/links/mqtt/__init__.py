"""MQTT 5, both sides: the station's, and a plant's."""

from twins.links.mqtt.plant_side import PlantSide
from twins.links.mqtt.station_side import MqttLink
from twins.links.mqtt.topics import Topics, client_id

__all__ = ["MqttLink", "PlantSide", "Topics", "client_id"]
