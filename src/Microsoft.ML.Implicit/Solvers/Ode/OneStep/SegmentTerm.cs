using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>A right-hand side within a segment, with checks of what it returns.</summary>
internal sealed class SegmentTerm(IOdeTerm term, OdeSegment segment) : IOdeTerm
{
    /// <summary>Evaluations so far.</summary>
    public int Evaluations { get; private set; }

    public Tensor Evaluate(double time, Tensor state)
    {
        Evaluations++;
        return term.EvaluateChecked(segment.Clamp(time), state);
    }
}
