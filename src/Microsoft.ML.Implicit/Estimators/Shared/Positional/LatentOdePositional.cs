using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Forecasters as written before the document.</summary>
internal static class LatentOdePositional
{
    private const uint FirstVersion = 0x00010001;

    public static void Read(PositionalReader reader)
    {
        SeriesPositional.Read(reader.Section("input"));
        ReadOutput(reader.Section("output"));

        // Check points of engines name their model by it.
        reader.DigestOfRest("identity");
        ReadArchitecture(reader.Section("architecture"));
        ReadScaling(reader.Section("scaling"));
        reader.Vector("interval_factors");
        int networks = reader.Int32("networks");
        for (int i = 0; i < networks; i++)
        {
            reader.State($"network{i}");
        }
    }

    private static void ReadOutput(PositionalReader reader)
    {
        reader.Text("forecast_column");
        reader.OptionalText("lower_bound_column");
        reader.OptionalText("upper_bound_column");
        reader.Vector("horizon");
        reader.OptionalText("time_column");
    }

    private static void ReadArchitecture(PositionalReader reader)
    {
        reader.Enum<SeriesEncoderKind>("encoder");
        reader.Enum<LatentAnchor>("anchor");
        reader.Int32("latent_width");
        reader.Int32("hidden_width");
        reader.Int32("solver_steps");
        reader.Int32("context_length");
    }

    private static void ReadScaling(PositionalReader reader)
    {
        reader.Double("median_gap");
        reader.Double("horizon");
        reader.Vector("periods");
        int variables = reader.Int32("variables");
        for (int v = 0; v < variables; v++)
        {
            ReadVariable(reader.Section($"variable{v}"));
        }

        reader.Vector("static_centers");
        reader.Vector("static_scales");
        reader.Vector("covariate_centers");
        reader.Vector("covariate_scales");
    }

    private static void ReadVariable(PositionalReader reader)
    {
        reader.Double("center");
        reader.Double("level_memory");
        reader.Double("level_center");
        reader.Double("level_scale");
        reader.Double("step_scale");
        reader.Double("change_scale");
        if (reader.Version == FirstVersion)
        {
            // Every variable was forecast from the last observation of all.
            reader.Document.Write("usual_silence", double.PositiveInfinity);
        }
        else
        {
            reader.Double("usual_silence");
        }

        reader.Vector("seasonal");
    }
}
