using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Flow;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Flow;

[TestClass]
public sealed class NormalizingFlowGoldenTests
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void A_tight_tolerance_gives_latent_vectors_and_log_densities_to_1e_8(bool closedForm)
    {
        using DisposeScope scope = NewDisposeScope();
        Golden golden = Golden.Load("cnf_exact");
        FlowEncoding encoding = GoldenFlow.Create(golden, closedForm).Encode(golden["x"]);
        golden.AssertMatches("z0", encoding.Latent, 1e-8);
        golden.AssertMatches("logp", encoding.LogDensity, 1e-8);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void A_training_step_gives_the_loss_and_every_gradient_to_1e_8(bool closedForm)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Golden golden = Golden.Load("cnf_exact");
        NormalizingFlow flow = GoldenFlow.Create(golden, closedForm);
        FlowLoss loss = flow.Backward(golden["x"], generator);
        Assert.AreEqual(golden["loss"].item<double>(), -loss.Loss, 1e-8);
        AssertGradients(golden, flow, sign: -1);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void The_layer_in_a_graph_gives_the_loss_and_every_gradient_to_1e_8(bool closedForm)
    {
        using DisposeScope scope = NewDisposeScope();
        Golden golden = Golden.Load("cnf_exact");
        NormalizingFlow flow = GoldenFlow.Create(golden, closedForm);
        Tensor loss = flow.forward(golden["x"]).mean();
        ImplicitBackward.Run(() => loss.backward());
        golden.AssertMatches("loss", loss, 1e-8);
        AssertGradients(golden, flow, sign: 1);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Decoding_latent_vectors_gives_the_data_back(bool closedForm)
    {
        using DisposeScope scope = NewDisposeScope();
        Golden golden = Golden.Load("cnf_exact");
        golden.AssertMatches("x", GoldenFlow.Create(golden, closedForm).Decode(golden["z0"]), 1e-8);
    }

    private static void AssertGradients(Golden golden, NormalizingFlow flow, double sign)
    {
        foreach ((TorchSharp.Modules.Parameter parameter, string name) in flow.parameters().Zip(GoldenFlow.ParameterNames))
        {
            golden.AssertMatches("grad_" + name, parameter.grad! * sign, 1e-8);
        }
    }
}
