using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Series to train on.</summary>
/// <param name="Series">The series, each with at least one observation.</param>
internal sealed record SeriesSet(IReadOnlyList<TimeSeries> Series) : ITrainingRows<SeriesSet>
{
    /// <summary>Which columns they have categories of.</summary>
    public CategoryColumns Categories { get; init; } = CategoryColumns.None;

    public long Count => Series.Count;

    public SeriesSet Select(Tensor rows) => this with { Series = [.. rows.data<long>().Select(row => Series[(int)row])] };

    public SeriesSet Detach() => this;

    public void Dispose()
    {
    }
}
