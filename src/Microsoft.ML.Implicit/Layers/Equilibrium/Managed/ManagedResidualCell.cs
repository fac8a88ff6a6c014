using Microsoft.ML.Implicit.Numerics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Layers.Equilibrium.Managed;

/// <summary><see cref="DenseResidualCell"/> in managed memory: f(z, x) = e + tanh(z V₁ + e A + a) V₂ with e = relu(x E + d).</summary>
/// <param name="embedding">E and d; the cell owns all of its maps.</param>
/// <param name="injection">A and a.</param>
/// <param name="inner">V₁.</param>
/// <param name="outer">V₂.</param>
internal sealed unsafe class ManagedResidualCell(CodedAffine embedding, PanelAffine injection, PanelAffine inner, PanelAffine outer) : ManagedCell
{
    private const int UsualEvaluations = 6;

    public override int StateStride => outer.Stride;

    // e A + a, then e.
    public override int InjectionStride => 2 * StateStride;

    public override int ScratchStride => StateStride;

    public override long Work => embedding.Work + injection.Work + (UsualEvaluations * (inner.Work + outer.Work));

    public override void Inject(CodedRows inputs, float* injections)
    {
        float* embedded = injections + StateStride;
        embedding.Evaluate(inputs, embedded, InjectionStride);
        for (int row = 0; row < inputs.Count; row++)
        {
            var values = new Span<float>(embedded + ((long)row * InjectionStride), StateStride);
            TensorPrimitives.Max(values, 0f, values);
        }

        injection.Evaluate(embedded, InjectionStride, inputs.Count, injections, InjectionStride);
    }

    public override void Iterate(float* states, float* injections, int rows, float* images, float* scratch)
    {
        if (new ReadOnlySpan<float>(states, rows * StateStride).ContainsAnyExcept(0f))
        {
            inner.Evaluate(states, StateStride, injections, InjectionStride, rows, scratch, StateStride);
        }
        else
        {
            CopyInjections(injections, rows, scratch);
        }

        VectorizedActivation.Tanh(scratch, rows * StateStride);
        outer.Evaluate(scratch, StateStride, injections + StateStride, InjectionStride, rows, images, StateStride);
    }

    // The product with states of zero, which all solves begin with, adds nothing to them.
    private void CopyInjections(float* injections, int rows, float* destination)
    {
        for (int row = 0; row < rows; row++)
        {
            new ReadOnlySpan<float>(injections + ((long)row * InjectionStride), StateStride).CopyTo(new Span<float>(destination + ((long)row * StateStride), StateStride));
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        embedding.Dispose();
        injection.Dispose();
        inner.Dispose();
        outer.Dispose();
    }
}
