namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>A forecaster to compare with.</summary>
internal interface IForecastBaseline
{
    string Name { get; }

    /// <summary>Of the last answers' bounds, for each variable; empty where there are none.</summary>
    Coverage[] Coverage => [];

    /// <summary>Mean continuous ranked probability score of the last answers, in the units of errors of all variables together; <see langword="null"/> where there are no quantiles.</summary>
    double? RankedProbabilityScore => null;

    /// <summary>Whether it has something to say about a panel.</summary>
    bool Answers(Panel panel) => true;

    /// <summary>Learns from the panel's training series and answers its questions: for each question [variables][times].</summary>
    float[][][] Answer(Panel panel, int seed);
}
