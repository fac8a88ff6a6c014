using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

/// <summary>Gradients by central differences in float64.</summary>
internal static class FiniteDifferences
{
    /// <summary>Gradient of a scalar with respect to each element of a tensor, which is changed and restored.</summary>
    public static Tensor Gradient(Tensor variable, Func<double> scalar, double step = 1e-5)
    {
        using IDisposable noGrad = no_grad();
        Tensor gradient = zeros(variable.numel(), ScalarType.Float64);
        Tensor flat = variable.view(-1);
        for (long i = 0; i < flat.numel(); i++)
        {
            double value = flat[i].item<double>();
            flat[i] = tensor(value + step, ScalarType.Float64);
            double above = scalar();
            flat[i] = tensor(value - step, ScalarType.Float64);
            double below = scalar();
            flat[i] = tensor(value, ScalarType.Float64);
            gradient[i] = tensor((above - below) / (2 * step), ScalarType.Float64);
        }

        return gradient.view(variable.shape);
    }
}
