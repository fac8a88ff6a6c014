using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>f at one point for a state of several tensors, with vector-Jacobian products by autograd.</summary>
/// <param name="term">f.</param>
/// <param name="layout">Shapes of the parts.</param>
/// <param name="parameters">Parameters of f.</param>
/// <param name="inputs">Parts of z, leaves of the graph; owned.</param>
/// <param name="outputs">Parts of f(t, z); owned.</param>
internal sealed class TupleLinearization(TupleDynamics term, OdeStateLayout layout, IReadOnlyList<Tensor> parameters, Tensor[] inputs, Tensor[] outputs) : OdeLinearization
{
    public override Tensor Value { get; } = JoinValues(layout, outputs);

    public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        IReadOnlyList<Tensor> cotangents = layout.Split(cotangent);
        int[] followed = [.. Enumerable.Range(0, outputs.Length).Where(i => outputs[i].requires_grad)];
        if (followed.Length == 0)
        {
            return zeros_like(cotangent).MoveToOuterDisposeScope();
        }

        List<Tensor> variables = [.. inputs];
        if (parameterGradient is not null)
        {
            variables.AddRange(parameters.Where(p => p.requires_grad));
        }

        Tensor?[] gradients = GuardedAutograd.Pullback([.. followed.Select(i => outputs[i])], variables, [.. followed.Select(i => cotangents[i])], term, retainGraph: parameterGradient is null);
        if (parameterGradient is not null)
        {
            FlatGradient.Add(parameterGradient, parameters, gradients, inputs.Length);
        }

        return layout.Join([.. inputs.Select((input, i) => gradients[i] ?? zeros_like(input))]).MoveToOuterDisposeScope();
    }

    public override string ToString() => term.ToString();

    protected override void Dispose(bool disposing)
    {
        foreach (Tensor tensor in (Tensor[])[.. inputs, .. outputs, Value])
        {
            tensor.Dispose();
        }
    }

    private static Tensor JoinValues(OdeStateLayout layout, Tensor[] outputs)
    {
        using IDisposable noGrad = no_grad();
        return layout.Join(outputs).DetachFromDisposeScope();
    }
}
