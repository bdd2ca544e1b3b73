"""What the game's garage items are called for people, and where they belong."""

CATEGORIES = (
    "aerodynamics",
    "suspension",
    "brakes",
    "drivetrain",
    "electronics",
    "tires",
    "fuel",
    "other",
)

_THIRD = ("SPRING", "PACKERS", "SLOWBUMP", "FASTBUMP", "SLOWREBOUND", "FASTREBOUND")
_THIRD_NAMES = ("spring", "packers", "slow_bump", "fast_bump", "slow_rebound", "fast_rebound")

# The name stands second; a category holds its items in this order.
CAR_NAMES: dict[str, tuple[str, str]] = {
    "VM_FRONT_WING": ("aerodynamics", "front_wing"),
    "VM_REAR_WING": ("aerodynamics", "rear_wing"),
    "VM_LEFT_FENDER_FLARE": ("aerodynamics", "left_fender_flare"),
    "VM_RIGHT_FENDER_FLARE": ("aerodynamics", "right_fender_flare"),
    "VM_BRAKE_DUCTS": ("aerodynamics", "front_brake_ducts"),
    "VM_BRAKE_DUCTS_REAR": ("aerodynamics", "rear_brake_ducts"),
    "VM_WATER_RADIATOR": ("aerodynamics", "water_radiator"),
    "VM_OIL_RADIATOR": ("aerodynamics", "oil_radiator"),
    "VM_FRONT_ANTISWAY": ("suspension", "front_anti_roll_bar"),
    "VM_REAR_ANTISWAY": ("suspension", "rear_anti_roll_bar"),
    "VM_FRONT_TOEIN": ("suspension", "front_toe"),
    "VM_REAR_TOEIN": ("suspension", "rear_toe"),
    "VM_FRONT_TOEOFFSET": ("suspension", "front_toe_offset"),
    "VM_REAR_TOEOFFSET": ("suspension", "rear_toe_offset"),
    "VM_LEFT_CASTER": ("suspension", "left_caster"),
    "VM_RIGHT_CASTER": ("suspension", "right_caster"),
    "VM_LEFT_TRACK_BAR": ("suspension", "left_track_bar"),
    "VM_RIGHT_TRACK_BAR": ("suspension", "right_track_bar"),
    "VM_FRONT_WHEEL_TRACK": ("suspension", "front_wheel_track"),
    "VM_REAR_WHEEL_TRACK": ("suspension", "rear_wheel_track"),
    **{
        f"VM_{end}_3RD_{key}": ("suspension", f"{end.lower()}_third_{name}")
        for end in ("FRONT", "REAR")
        for key, name in zip(_THIRD, _THIRD_NAMES, strict=True)
    },
    **{
        f"VM_{end}_3RD_{key}": ("suspension", f"{end.lower()}_third_{name}")
        for end in ("FRONT", "REAR")
        for key, name in (
            ("TENDERSPRING", "tender_spring"),
            ("TENDERSPRINGTRAVEL", "tender_spring_travel"),
        )
    },
    "VM_BRAKE_BALANCE": ("brakes", "brake_bias"),
    "VM_BRAKE_MIGRATION": ("brakes", "brake_migration"),
    "VM_BRAKE_PRESSURE": ("brakes", "brake_pressure"),
    "VM_HANDBRAKE_PRESSURE": ("brakes", "handbrake_pressure"),
    "VM_HANDFRONTBRAKE_PRESSURE": ("brakes", "front_handbrake_pressure"),
    "VM_DIFF_PRELOAD": ("drivetrain", "differential_preload"),
    "VM_DIFF_POWER": ("drivetrain", "differential_power"),
    "VM_DIFF_COAST": ("drivetrain", "differential_coast"),
    "VM_DIFF_PUMP": ("drivetrain", "differential_pump"),
    "VM_FRONT_DIFF_PRELOAD": ("drivetrain", "front_differential_preload"),
    "VM_FRONT_DIFF_POWER": ("drivetrain", "front_differential_power"),
    "VM_FRONT_DIFF_COAST": ("drivetrain", "front_differential_coast"),
    "VM_FRONT_DIFF_PUMP": ("drivetrain", "front_differential_pump"),
    "VM_TORQUE_SPLIT": ("drivetrain", "torque_split"),
    "VM_RATIO_SET": ("drivetrain", "gear_set"),
    "VM_GEAR_FINAL": ("drivetrain", "final_drive"),
    "VM_GEAR_REVERSE": ("drivetrain", "gear_reverse"),
    **{f"VM_GEAR_{gear}": ("drivetrain", f"gear_{gear}") for gear in range(1, 10)},
    "VM_GEAR_AUTOUPSHIFT": ("drivetrain", "auto_upshift"),
    "VM_GEAR_AUTODOWNSHIFT": ("drivetrain", "auto_downshift"),
    "VM_TRACTION_CONTROL": ("electronics", "traction_control"),
    "VM_TRACTIONCONTROLMAP": ("electronics", "tc"),
    "VM_TRACTIONCONTROLPOWERCUTMAP": ("electronics", "tc_cut"),
    "VM_TRACTIONCONTROLSLIPANGLEMAP": ("electronics", "tc_slip"),
    "VM_ANTILOCK_BRAKES": ("electronics", "antilock_brakes"),
    "VM_ANTILOCKBRAKESYSTEMMAP": ("electronics", "abs"),
    "VM_ENGINE_MIXTURE": ("electronics", "engine_mixture"),
    "VM_ENGINE_BOOST": ("electronics", "engine_boost"),
    "VM_ENGINE_BRAKEMAP": ("electronics", "engine_brake_map"),
    "VM_ELECTRIC_MOTOR_MAP": ("electronics", "electric_motor_map"),
    "VM_REGEN_LEVEL": ("electronics", "regen_level"),
    "VM_REV_LIMITER": ("electronics", "rev_limiter"),
    "VM_FRONT_TIRE_COMPOUND": ("tires", "front_compound"),
    "VM_REAR_TIRE_COMPOUND": ("tires", "rear_compound"),
    "VM_FUEL_LEVEL": ("fuel", "fuel_ratio"),
    "VM_FUEL_CAPACITY": ("fuel", "fuel"),
    "VM_VIRTUAL_ENERGY": ("fuel", "virtual_energy"),
    "VM_NUM_PITSTOPS": ("fuel", "pit_stops"),
    **{f"VM_PITSTOP_{stop}": ("fuel", f"pit_stop_{stop}") for stop in range(1, 4)},
    "VM_STEER_LOCK": ("other", "steering_lock"),
    "VM_WEIGHT_DISTRIB": ("other", "weight_distribution"),
    "VM_WEIGHT_LATERAL": ("other", "weight_lateral"),
    "VM_WEIGHT_VERTICAL": ("other", "weight_vertical"),
    "VM_WEIGHT_WEDGE": ("other", "weight_wedge"),
}

WHEEL_NAMES: dict[str, tuple[str, str]] = {
    "CAMBER": ("suspension", "camber"),
    "RIDEHEIGHT": ("suspension", "ride_height"),
    "SPRING": ("suspension", "spring"),
    "SRUBBER": ("suspension", "spring_rubber"),
    "TENDERSPRING": ("suspension", "tender_spring"),
    "TENDERSPRINGTRAVEL": ("suspension", "tender_spring_travel"),
    "PACKERS": ("suspension", "packers"),
    "SLOWBUMP": ("suspension", "slow_bump"),
    "FASTBUMP": ("suspension", "fast_bump"),
    "SLOWREBOUND": ("suspension", "slow_rebound"),
    "FASTREBOUND": ("suspension", "fast_rebound"),
    "BRAKEDISC": ("brakes", "brake_disc"),
    "BRAKEPAD": ("brakes", "brake_pad"),
    "COMPOUND": ("tires", "compound"),
    "PRESSURE": ("tires", "pressure"),
}
