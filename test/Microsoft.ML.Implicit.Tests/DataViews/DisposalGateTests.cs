using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Tests.DataViews;

[TestClass]
public sealed class DisposalGateTests
{
    [TestMethod]
    public async Task Closing_waits_for_every_use_and_refuses_those_that_come_meanwhile()
    {
        var gate = new DisposalGate();
        DisposalGate.Use first = gate.Enter();
        DisposalGate.Use second = gate.Enter();
        Task closing = Task.Run(() => gate.Close(typeof(string)));
        SpinWait.SpinUntil(IsClosed);
        first.Dispose();
        Assert.IsFalse(closing.IsCompleted);
        StringAssert.Contains(Assert.ThrowsExactly<ObjectDisposedException>(() => gate.Enter()).Message, typeof(string).FullName, StringComparison.Ordinal);
        Assert.IsFalse(closing.IsCompleted);
        second.Dispose();
        await closing;
        gate.Close(typeof(string));

        bool IsClosed()
        {
            try
            {
                gate.ThrowIfClosed();
                return false;
            }
            catch (ObjectDisposedException)
            {
                return true;
            }
        }
    }
}
