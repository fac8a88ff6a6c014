using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Rows of a batch, with times and sizes of their steps, as tensors.</summary>
internal sealed class RowClock
{
    private readonly int[] _rows;
    private readonly OdeStep[] _steps;
    private readonly Tensor? _earliest;
    private readonly Tensor? _latest;

    /// <param name="rows">The rows, increasing.</param>
    /// <param name="steps">The step of each.</param>
    /// <param name="like">A state, for its type and device.</param>
    public RowClock(int[] rows, OdeStep[] steps, Tensor like)
    {
        _rows = rows;
        _steps = steps;
        Rows = tensor(Array.ConvertAll(rows, row => (long)row), device: like.device);
        double[] times = Array.ConvertAll(steps, step => step.Time);
        double[] sizes = Array.ConvertAll(steps, step => step.Size);
        bool jumps = Array.Exists(steps, step => step.Segment.HasJump);
        double[] values = jumps ? [.. times, .. sizes, .. steps.Select(step => step.Segment.Earliest), .. steps.Select(step => step.Segment.Latest)] : [.. times, .. sizes];
        Tensor all = tensor(values, like.dtype, like.device).view(-1, rows.Length);
        (Times, Sizes) = (all[0], all[1]);
        (_earliest, _latest) = jumps ? (all[2], all[3]) : (null, null);
    }

    /// <summary>Indices of the rows, int64 <c>[rows]</c>.</summary>
    public Tensor Rows { get; }

    /// <summary>The step of each row.</summary>
    public IReadOnlyList<OdeStep> Steps => _steps;

    /// <summary>Starts, <c>[rows]</c>.</summary>
    public Tensor Times { get; }

    /// <summary>Signed sizes, <c>[rows]</c>.</summary>
    public Tensor Sizes { get; }

    /// <summary>Places of some of the rows among all of these.</summary>
    public long[] PositionsOf(IEnumerable<int> rows) => [.. rows.Select(row => (long)Array.BinarySearch(_rows, row))];

    /// <summary>Times at which the stages with a given node are evaluated, <c>[rows]</c>.</summary>
    public Tensor At(double node)
    {
        Tensor times = node == 0 ? Times : Times.Plus(Sizes * node.Held());
        return _earliest is null ? times : maximum(minimum(times, _latest!), _earliest);
    }
}
