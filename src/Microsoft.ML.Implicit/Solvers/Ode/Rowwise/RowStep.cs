using Microsoft.ML.Implicit.Solvers.Ode.Stepping;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Steps that several rows took in one iteration, each with its own time and size.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Times">Time of each at the step's start.</param>
/// <param name="Sizes">Signed size of each.</param>
/// <param name="Segments">The part of its solve that each lies in.</param>
/// <param name="Outputs">Outputs inside these steps.</param>
internal sealed record RowStep(long[] Rows, double[] Times, double[] Sizes, OdeSegment[] Segments, RowOutput[] Outputs)
{
    /// <summary>Places of the outputs in <c>[times · batch]</c>.</summary>
    public long[] OutputPlaces(long batch) => [.. Outputs.Select(o => (o.Output * batch) + o.Row)];
}
