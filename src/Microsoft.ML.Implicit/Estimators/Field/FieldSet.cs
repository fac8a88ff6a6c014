using Microsoft.ML.Implicit.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Series of fields to train on.</summary>
/// <param name="Runs">The series, each with at least two fields.</param>
internal sealed record FieldSet(IReadOnlyList<FieldRun> Runs) : ITrainingRows<FieldSet>
{
    public long Count => Runs.Count;

    public FieldSet Select(Tensor rows) => new([.. rows.data<long>().Select(row => Runs[(int)row])]);

    public FieldSet Detach() => this;

    public void Dispose()
    {
    }
}
