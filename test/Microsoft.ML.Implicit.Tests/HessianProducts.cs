using Microsoft.ML.Implicit.Differentiation;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests;

/// <summary>Products of a loss's Hessian with a direction, and the gradients whose differences they are held against.</summary>
internal static class HessianProducts
{
    /// <summary>The Hessian times a direction, by differentiating the gradient's product with it.</summary>
    public static Tensor[] Of(Tensor loss, Tensor[] inputs, Tensor[] directions)
    {
        IList<Tensor> products = [];
        ImplicitBackward.Run(() =>
        {
            IList<Tensor> gradients = autograd.grad([loss], inputs, retain_graph: true, create_graph: true);
            Tensor product = gradients.Zip(directions, (gradient, direction) => (gradient * direction).sum()).Aggregate((a, b) => a + b);
            products = autograd.grad([product], inputs);
        });
        return [.. products];
    }

    /// <summary>Central differences of the gradient along a direction.</summary>
    public static Tensor[] ByDifferences(Func<Tensor> loss, Tensor[] inputs, Tensor[] directions, double step)
    {
        Tensor[] ahead = Shifted(step), behind = Shifted(-step);
        return [.. ahead.Zip(behind, (a, b) => (a - b) / (2 * step))];

        Tensor[] Shifted(double by)
        {
            Move(by);
            Tensor shifted = loss();
            IList<Tensor> gradients = [];
            ImplicitBackward.Run(() => gradients = autograd.grad([shifted], inputs));
            Move(-by);
            return [.. gradients];
        }

        void Move(double by)
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i].detach().add_(directions[i] * by);
            }
        }
    }
}
