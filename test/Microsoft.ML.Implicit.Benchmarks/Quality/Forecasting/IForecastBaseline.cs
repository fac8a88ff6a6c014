namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>A forecaster to compare with.</summary>
internal interface IForecastBaseline
{
    string Name { get; }

    /// <summary>Learns from the panel's training series and answers its questions: for each question [variables][times].</summary>
    float[][][] Answer(Panel panel, int seed);
}
