using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>Repeats the steps of a <see cref="OneStepMethod"/>.</summary>
internal sealed class OneStepReplay(IOdeTerm term, OneStepMethod method, long[] shape) : CommonReplay
{
    protected override Tensor Take(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, List<Tensor> outputs)
    {
        var inSegment = new SegmentTerm(term, step.Segment);
        Tensor start = state.view(shape);
        Tensor end = OneStepStepper.Take(method, inSegment, step, start).State;
        if (thetas.Length > 0)
        {
            outputs.AddRange(HermiteCubic.Interpolate(inSegment, step, start, end, thetas).reshape(thetas.Length, -1).unbind(0));
        }

        return end.reshape(-1);
    }
}
