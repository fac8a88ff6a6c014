using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>x W + t w + b, the affine part of one layer of <see cref="MlpDynamics"/>, with w only where the layer depends on time.</summary>
internal sealed class AffineLayer : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly Parameter weight;
    private readonly Parameter? time_weight;
    private readonly Parameter bias;
#pragma warning restore IDE1006

    /// <param name="inputs">Width of the input.</param>
    /// <param name="outputs">Width of the output.</param>
    /// <param name="hasTime">Whether time is one more input.</param>
    /// <param name="generator">Source of the initial values; torch's own initialisation of a linear layer, U(±1/√inputs).</param>
    public AffineLayer(long inputs, long outputs, bool hasTime, Generator generator)
        : base(nameof(AffineLayer))
    {
        double bound = 1 / Math.Sqrt(inputs + (hasTime ? 1 : 0));
        weight = Uniform([inputs, outputs], bound, generator);
        time_weight = hasTime ? Uniform([outputs], bound, generator) : null;
        bias = Uniform([outputs], bound, generator);
        RegisterComponents();
    }

    /// <summary>W, <c>[inputs, outputs]</c>.</summary>
    public Parameter Weight => weight;

    /// <summary>w, <c>[outputs]</c>.</summary>
    public Parameter? TimeWeight => time_weight;

    /// <summary>b, <c>[outputs]</c>.</summary>
    public Parameter Bias => bias;

    /// <summary>Parameters in the order of the flat gradient.</summary>
    public IEnumerable<Tensor> Parameters => time_weight is null ? [weight, bias] : [weight, time_weight, bias];

    /// <summary>Number of all parameters.</summary>
    public long ParameterCount => weight.numel() + bias.numel() * (time_weight is null ? 1 : 2);

    public override Tensor forward(Tensor input) => Evaluate(0, input);

    /// <param name="time">t.</param>
    /// <param name="input">x, <c>[rows, inputs]</c>.</param>
    /// <returns><c>[rows, outputs]</c>, a tensor of its own that the caller may overwrite.</returns>
    public Tensor Evaluate(double time, Tensor input)
    {
        Tensor shift = time_weight is null || time == 0 ? bias : bias.add(time_weight, alpha: time.Held());
        return shift.addmm(input, weight);
    }

    /// <param name="times">t of each row, <c>[batch]</c>.</param>
    /// <param name="input">x, <c>[batch, rows, inputs]</c>.</param>
    /// <returns><c>[batch, rows, outputs]</c>, a tensor of its own that the caller may overwrite.</returns>
    public Tensor Evaluate(Tensor times, Tensor input)
    {
        Tensor product = input.Times(weight).Plus(bias);
        return time_weight is null ? product : product.Plus(times.view(-1, 1, 1) * time_weight);
    }

    /// <summary>Multiplies a cotangent with the layer's Jacobians.</summary>
    /// <param name="time">t.</param>
    /// <param name="input">x, <c>[rows, inputs]</c>.</param>
    /// <param name="cotangent"><c>[rows, outputs]</c>.</param>
    /// <param name="parameterGradient">Flat gradient of all layers, added to where given.</param>
    /// <param name="offset">Where this layer's part of it begins.</param>
    /// <returns><c>[rows, inputs]</c>.</returns>
    public Tensor Pullback(double time, Tensor input, Tensor cotangent, Tensor? parameterGradient, long offset)
    {
        if (parameterGradient is not null)
        {
            long count = weight.numel();
            long outputs = bias.numel();
            parameterGradient.narrow(0, offset, count).view(weight.shape).addmm_(input.t(), cotangent);
            Tensor sum = cotangent.sum(dim: 0);
            if (time_weight is not null)
            {
                parameterGradient.narrow(0, offset + count, outputs).add_(sum, alpha: time.Held());
                count += outputs;
            }

            parameterGradient.narrow(0, offset + count, outputs).PlusInPlace(sum);
        }

        return cotangent.mm(weight.t());
    }

    /// <summary>Maps tangents, to which the bias adds nothing.</summary>
    /// <param name="tangent"><c>[..., inputs]</c>.</param>
    /// <param name="timeTangent">Rate of time along them.</param>
    /// <returns><c>[..., outputs]</c>.</returns>
    public Tensor EvaluateTangent(Tensor tangent, double timeTangent)
    {
        Tensor product = tangent.Times(weight);
        return time_weight is null || timeTangent == 0 ? product : product.add_(time_weight, alpha: timeTangent.Held());
    }

    /// <summary>Adds what flows through tangents.</summary>
    /// <param name="tangent"><c>[..., inputs]</c>.</param>
    /// <param name="timeTangent">Rate of time along them.</param>
    /// <param name="cotangent"><c>[..., outputs]</c>.</param>
    /// <param name="parameterGradient">Flat gradient of all layers.</param>
    /// <param name="offset">Where this layer's part of it begins.</param>
    public void AddTangentGradient(Tensor tangent, double timeTangent, Tensor cotangent, Tensor parameterGradient, long offset)
    {
        Tensor rows = cotangent.reshape(-1, weight.shape[1]);
        parameterGradient.narrow(0, offset, weight.numel()).view(weight.shape).addmm_(tangent.reshape(-1, weight.shape[0]).t(), rows);
        if (time_weight is not null && timeTangent != 0)
        {
            parameterGradient.narrow(0, offset + weight.numel(), bias.numel()).add_(rows.sum(dim: 0), alpha: timeTangent.Held());
        }
    }

    private static Parameter Uniform(long[] shape, double bound, Generator generator) =>
        new(empty(shape, ScalarType.Float32).uniform_(-bound, bound, generator));
}
