"""What a query may use: functions that compute from their arguments, and nothing else.

Not here: what reads files, settings or other objects, what writes, sleeps, logs, keeps a state, or
runs a text as a query.  What a later DuckDB adds is refused until it is here.
"""

from typing import Final

_FUNCTIONS: Final = """
__between abs acos acosh add age aggregate any_value apply approx_count_distinct approx_quantile
approx_top_k arbitrary arg_max arg_max_null arg_min arg_min_null argmax argmin array ascii asin
asinh atan atan2 atanh avg bar bin bit_and bit_count bit_length bit_or bit_xor bool_and bool_or
cardinality cbrt ceil ceiling century char_length character_length chr coalesce concat concat_ws
constant_or_null contains corr cos cosh cot count count_if count_star countif covar_pop covar_samp
cume_dist current_date current_timestamp damerau_levenshtein date_add date_diff date_part date_sub
date_trunc datediff datepart datesub datetrunc day dayname dayofmonth dayofweek dayofyear
days_in_month decade decode degrees dense_rank divide editdist3 element_at encode ends_with
entropy epoch epoch_ms epoch_ns epoch_us equi_width_bins era even exp factorial favg fdiv filter
first first_value flatten floor fmod format formatreadablesize from_base64 from_hex fsum gamma gcd
generate_series generate_subscripts geomean get_current_timestamp greatest group_concat grouping
grouping_id hamming hash hex histogram hour if ifnull ilike_escape instr isfinite isinf isnan
isodow isoyear jaccard jaro_similarity jaro_winkler_similarity json json_array json_array_length
json_contains json_exists json_keys json_object json_type json_valid json_value julian kahan_sum
kurtosis kurtosis_pop lag last last_day last_value lcase lcm lead least left len length
levenshtein lgamma like_escape listagg ln log log10 log2 lower lpad ltrim mad make_date make_time
make_timestamp make_timestamp_ms make_timestamp_ns make_timestamptz map max max_by md5 mean median
microsecond millennium millisecond min min_by minute mismatches mod mode month monthname multiply
nanosecond nextafter nfc_normalize not_ilike_escape not_like_escape now nth_value ntile nullif
octet_length ord percent_rank pi position pow power prefix printf product quantile quantile_cont
quantile_disc quarter radians random range rank reduce repeat replace reservoir_quantile reverse
right round round_even row row_number row_to_json rpad rtrim second sem sha256 sign signbit sin
sinh skewness split split_part sqrt starts_with stddev stddev_pop stddev_samp str_split
str_split_regex strftime string_agg string_split string_split_regex string_to_array strip_accents
strlen strpos strptime substr substring subtract suffix sum sumkahan tan tanh time_bucket timezone
timezone_hour timezone_minute to_base64 to_days to_hex to_hours to_json to_microseconds
to_milliseconds to_minutes to_months to_quarters to_seconds to_timestamp to_weeks to_years today
translate trim trunc try_strptime typeof ucase unhex unicode unnest upper url_decode url_encode
var_pop var_samp variance wavg week weekday weekofyear weighted_avg xor year yearweek
"""
_TABLE_FUNCTIONS: Final = "generate_series range unnest"
_EXPRESSIONS: Final = """
BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA LAMBDA_REF
OPERATOR POSITIONAL_REFERENCE STAR SUBQUERY TYPE WINDOW
"""
_RELATIONS: Final = """
BASE_TABLE CTE_NODE EMPTY EXPRESSION_LIST JOIN RECURSIVE_CTE_NODE SELECT_NODE SET_OPERATION_NODE
SUBQUERY TABLE_FUNCTION
"""

FAMILIES: Final = ("list_", "array_", "map_", "struct_", "regexp_", "json_extract", "regr_")
"""Names that begin so are all of that kind."""
FUNCTIONS: Final = frozenset(_FUNCTIONS.split())
TABLE_FUNCTIONS: Final = frozenset(_TABLE_FUNCTIONS.split())
EXPRESSIONS: Final = frozenset(_EXPRESSIONS.split())
RELATIONS: Final = frozenset(_RELATIONS.split())
