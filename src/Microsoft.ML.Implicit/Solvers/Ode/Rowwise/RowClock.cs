using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Rows of a batch, with times and sizes of their steps, as tensors.</summary>
internal readonly struct RowClock
{
    private readonly Tensor? _earliest;
    private readonly Tensor? _latest;

    /// <param name="rows">The rows.</param>
    /// <param name="times">Time of each at its step's start.</param>
    /// <param name="sizes">Signed sizes.</param>
    /// <param name="segments">The part of its solve that each step lies in.</param>
    /// <param name="like">A state, for its type and device.</param>
    public RowClock(Tensor rows, double[] times, double[] sizes, OdeSegment[] segments, Tensor like)
    {
        Rows = rows;
        bool jumps = segments.Any(segment => segment.HasJump);
        double[] values = jumps ? [.. times, .. sizes, .. segments.Select(s => s.Earliest), .. segments.Select(s => s.Latest)] : [.. times, .. sizes];
        Tensor all = tensor(values, like.dtype, like.device).view(-1, times.Length);
        (Times, Sizes) = (all[0], all[1]);
        (_earliest, _latest) = jumps ? (all[2], all[3]) : (null, null);
    }

    /// <param name="step">A step that was taken.</param>
    /// <param name="like">A state, for its type and device.</param>
    public RowClock(RowStep step, Tensor like)
        : this(tensor(step.Rows, ScalarType.Int64, like.device), step.Times, step.Sizes, step.Segments, like)
    {
    }

    /// <summary>Indices of the rows, int64 <c>[rows]</c>.</summary>
    public Tensor Rows { get; }

    /// <summary>Starts, <c>[rows]</c>.</summary>
    public Tensor Times { get; }

    /// <summary>Signed sizes, <c>[rows]</c>.</summary>
    public Tensor Sizes { get; }

    /// <summary>Times at which the stages with a given node are evaluated, <c>[rows]</c>.</summary>
    public Tensor At(double node)
    {
        Tensor times = node == 0 ? Times : Times.Plus(Sizes * node.Held());
        return _earliest is null ? times : maximum(minimum(times, _latest!), _earliest);
    }
}
