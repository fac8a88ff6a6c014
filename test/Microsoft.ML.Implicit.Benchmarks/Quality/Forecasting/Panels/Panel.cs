namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Training series and questions about others.</summary>
/// <param name="Train">Series to learn from.</param>
/// <param name="Questions">Histories with the times asked for and what was observed there.</param>
/// <param name="Horizon">Longest time ahead.</param>
/// <param name="Periods">Periods of seasons.</param>
/// <param name="HasOneUnit">Whether all variables have the same unit.</param>
internal sealed record Panel(IReadOnlyList<SeriesRow> Train, IReadOnlyList<Question> Questions, double Horizon, double[] Periods, bool HasOneUnit)
{
    /// <summary>Series to stop training by; without any, a model holds some of <see cref="Train"/> out.</summary>
    public IReadOnlyList<SeriesRow> Validation { get; init; } = [];
}
