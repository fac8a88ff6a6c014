using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Replays;

/// <summary>Repeats Adams-Bashforth-Moulton steps, which share the slopes of those before. Outputs lie at their ends.</summary>
internal sealed class AdamsBashforthMoultonReplay(IOdeTerm term, long[] shape) : CommonReplay
{
    private List<Tensor> _slopes = [];

    protected override Tensor Take(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, List<Tensor> outputs)
    {
        _slopes = [Evaluate(step.At(0), state), .. _slopes.Take(step.EarlierSlopes)];
        if (_slopes.Count < AdamsBashforthMoulton.HistoryLength)
        {
            ExplicitRungeKutta start = OdeMethods.RungeKutta4;
            var stages = new List<Tensor> { _slopes[0] };
            for (int i = 1; i < start.EndStage; i++)
            {
                stages.Add(Evaluate(step.At(start.C[i]), Combine(state, stages, start.A[i], step.Size)));
            }

            return Combine(state, stages, start.A[start.EndStage], step.Size);
        }

        Tensor predicted = Evaluate(step.At(1), Combine(state, _slopes, AdamsBashforthMoulton.Predictor, step.Size));
        return Combine(state, [predicted, .. _slopes], AdamsBashforthMoulton.Corrector, step.Size);
    }

    private Tensor Evaluate(double time, Tensor flat) => term.EvaluateChecked(time, flat.view(shape)).reshape(-1);
}
